# Writes tests/golden/table: CSV files by Python's csv module, and what it and NumPy answer about them, as JSON.
# Run: pip install numpy pyarrow; python3 scripts/make-table-files.py
import csv
import io
import json
import pathlib
import struct

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = pathlib.Path(__file__).parent.parent / 'tests/golden/table'
AWKWARD = ['plain', '', 'with, comma', 'with "quotes"', 'two\nlines', 'two\r\nlines', '  spaces  ', 'ü → 日本 🙂', ';', '\t|']
SPELLINGS = (
    '0 -0 1 -1 +3 .5 5. -.25 0.1 1e5 1E-5 1e23 8.5e-5 9007199254740993.5 123456789012345678 2.2250738585072011e-308 '
    '4.9406564584124654e-324 2.4703282292062327e-324 2.4703282292062328e-324 1.7976931348623157e308 1e400 -1e400 1e-400 inf -Infinity '
    '6.02214076e23 1.00000000000000011102230246251565 0.3 0.30000000000000004 1e22 1e-22 1e21 123456789012345e-20 '
    '179769313486231570000000000000000000000e270 00000 0.000001e6 1.e3'
).split()


def bits(x):
    return struct.pack('>d', float(x)).hex()


def dialects():
    rows = [['id', 'text', 'other']] + [[str(i), a, AWKWARD[-1 - i]] for i, a in enumerate(AWKWARD)]
    for name, options in {
        'minimal': {},
        'semicolon': {'delimiter': ';', 'lineterminator': '\n'},
        'tab': {'delimiter': '\t'},
        'all-quoted': {'quoting': csv.QUOTE_ALL, 'lineterminator': '\n'},
        'bom': {'lineterminator': '\n'},
    }.items():
        out = io.StringIO(newline='')
        csv.writer(out, **options).writerows(rows)
        text = ('\ufeff' if name == 'bom' else '') + out.getvalue()
        (FOLDER / f'{name}.csv').write_bytes(text.encode())
        read = list(csv.reader(io.StringIO(out.getvalue(), newline=''), delimiter=options.get('delimiter', ',')))
        assert read == rows
        yield name, {'delimiter': options.get('delimiter', ','), 'rows': read[1:], 'names': read[0]}


def penguins():
    '''A table of 47 rows with holes, as CSV, and its columns with NaN and None where something is missing.'''
    r = np.random.default_rng(7)
    n = 47
    species = [['Adelie', 'Chinstrap', 'Gentoo', None][i] for i in r.choice(4, n, p=[0.4, 0.2, 0.35, 0.05])]
    bill = np.where(r.random(n) < 0.15, np.nan, np.round(r.normal(44, 5, n), 2))
    bill[[i for i, s in enumerate(species) if s == 'Chinstrap'][0]] = np.nan
    mass = r.integers(2700, 6300, n)
    year = r.integers(2007, 2010, n)
    female = r.random(n) < 0.5
    out = io.StringIO(newline='')
    writer = csv.writer(out, lineterminator='\n')
    writer.writerow(['species', 'bill', 'mass', 'year', 'female'])
    for s, b, m, y, f in zip(species, bill, mass, year, female):
        writer.writerow(['NA' if s is None else s, '' if np.isnan(b) else b, m, y, f])
    (FOLDER / 'penguins.csv').write_text(out.getvalue())
    return {'species': species, 'bill': bill, 'mass': mass, 'year': year, 'female': female}


def columnar(columns):
    """The same rows as Parquet in three groups, and as an Arrow file in two chunks, with columns of further kinds."""
    n = len(columns['species'])
    table = pa.table({
        'species': pa.array(columns['species'], pa.string()),
        'bill': pa.array([None if np.isnan(b) else b for b in columns['bill']], pa.float64()),
        'mass': pa.array(columns['mass'].tolist(), pa.int32()),
        'year': pa.array(columns['year'].tolist(), pa.int64()),
        'female': pa.array(columns['female'].tolist(), pa.bool_()),
        'kind': pa.array([['x', 'y', None][i % 3] for i in range(n)]).dictionary_encode(),
        'half': pa.array([i / 2 for i in range(n)], pa.float32()),
        'holes': pa.array([None if i % 5 == 0 else i for i in range(n)], pa.int64()),
    })
    pq.write_table(table, FOLDER / 'penguins.parquet', row_group_size=20)
    with pa.ipc.new_file(str(FOLDER / 'penguins.arrow'), table.schema) as out:
        out.write_table(table, max_chunksize=30)


def as_list(x):
    return x.tolist() if isinstance(x, np.ndarray) else x


def numbers(x):
    return [None if isinstance(v, float) and np.isnan(v) else v for v in np.asarray(x).tolist()]


def grouped(columns, key):
    found = sorted({k for k in as_list(columns[key]) if k is not None})
    of = {g: np.array([k == g for k in as_list(columns[key])]) for g in found}
    answers = {'keys': found, 'count': [int(of[g].sum()) for g in found]}
    for name in ('bill', 'mass', 'female'):
        x = np.asarray(columns[name], dtype='float64')
        parts = [x[of[g]][~np.isnan(x[of[g]])] for g in found]
        answers[name] = {
            'sum': numbers([p.sum() for p in parts]),
            'mean': numbers([p.mean() if p.size else np.nan for p in parts]),
            'min': numbers([p.min() if p.size else np.nan for p in parts]),
            'max': numbers([p.max() if p.size else np.nan for p in parts]),
        }
    return answers


def described(x):
    x = np.asarray(x, dtype='float64')
    held = x[~np.isnan(x)]
    q = np.quantile(held, [0, 0.25, 0.5, 0.75, 1]).tolist()
    return {
        'count': held.size,
        'missing': int(np.isnan(x).sum()),
        'distinct': np.unique(held).size,
        'mean': held.mean(),
        'std': held.std(ddof=1),
        'quantiles': q,
        'population': held.std(),
        'standardised': numbers((x - held.mean()) / held.std()),
        'scaled': numbers((x - held.min()) / (held.max() - held.min())),
    }


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    files = dict(dialects())
    columns = penguins()
    columnar(columns)
    answers = {
        'dialects': files,
        'spellings': [[text, bits(float(text))] for text in SPELLINGS],
        'penguins': {name: numbers(values) for name, values in columns.items()},
        'groups': {key: grouped(columns, key) for key in ('species', 'year', 'female')},
        'described': {name: described(columns[name]) for name in ('bill', 'mass')},
        'order': {
            'bill': np.argsort(columns['bill'], kind='stable').tolist(),
            'year': np.argsort(columns['year'], kind='stable').tolist(),
            'species': sorted(range(47), key=lambda i: (columns['species'][i] is None, columns['species'][i] or '')),
        },
    }
    (FOLDER / 'answers.json').write_text(json.dumps(answers, ensure_ascii=False, separators=(',', ':')) + '\n')


main()
