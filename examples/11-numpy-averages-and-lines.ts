// Moving averages and lines
//
// A year of temperatures: its moving average, its trend by least squares, and what is unusual. It is written with
// NumPy's names; NumPy gives the same figures.
import { SymbolicSheet } from 'symbolic-sheet';
import { numpy } from 'symbolic-sheet/numpy';
import { lineChart, notebook } from './lib/show.ts';

const { show, done } = notebook(import.meta.url);
await using sheet = await SymbolicSheet.open();
const np = numpy(sheet);
const six = { precision: 6 };

// %% A year
// A season, a slow rise and noise of NumPy's own generator.
const days = np.arange(365);
const season = np.sin(np.multiply(days, (2 * Math.PI) / 365)).multiply(-9);
const noise = np.random.default_rng(11).normal(0, 2.5, 365);
const temperature = np.add(np.add(season, np.multiply(days, 0.004)), noise.add(11));
await show(
  'Mean, least and most',
  await np.array2string(np.stack([temperature.mean(), temperature.min(), temperature.max()]), six),
);

// %% A moving average
// The mean of every fifteen days is a convolution; by running sums it is the same.
const averaged = np.convolve(temperature, np.full(15, 1 / 15), 'valid');
const sums = np.cumsum(np.concatenate([[0], temperature]));
const byRunningSums = np.subtract(np.at(sums, '15:'), np.at(sums, ':-15')).divide(15);
await show('Both ways', String(await np.allclose(averaged, byRunningSums)));
await show('The first averages', await np.array2string(np.at(averaged, ':6'), six));
await show(
  'A year',
  lineChart({
    series: [
      { name: 'days', x: (await days.toArray(1)).map(Number), y: (await temperature.toArray(1)).map(Number) },
      {
        name: 'averages',
        x: (await np.at(days, '7:-7').toArray(1)).map(Number),
        y: (await averaged.toArray(1)).map(Number),
      },
    ],
    x: 'day',
    y: 'degrees',
  }),
);

// %% A line with a season Least squares of a constant, a slope, and a wave of one year.
const angle = np.multiply(days, (2 * Math.PI) / 365);
const columns = np.column_stack([np.ones(365), days, np.sin(angle), np.cos(angle)]);
const { x: fitted } = np.linalg.lstsq(columns, temperature);
const rest = np.subtract(temperature, np.matmul(columns, fitted));
const explained = np.subtract(1, np.var(rest).divide(np.var(temperature)));
await show('Constant, slope, sine and cosine', await np.array2string(fitted, six));
await show('Share that is explained', await np.array2string(explained, six));

// %% What is unusual
// The days that are more than two and a half deviations from what was fitted: a mask, whose days wait for elements.
const unusual = np.greater(np.abs(rest), np.std(rest).multiply(2.5));
await show('Unusual days', await np.array_str(await np.at(days, unusual)));

// %% A parabola by itself
await show('Of the averages', await np.array2string(np.polyfit(np.linspace(0, 1, 351), averaged, 2), six));

done();
