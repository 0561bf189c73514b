// A device of a program's own in a sheet: placed by what it costs, asked for by name, refused where it lacks something.
import { describe, expect, it } from 'vitest';
import { type Device, SymbolicSheet } from '../../src/index.ts';
import { AddingDevice } from '../kit/example/device.ts';

const x = Float32Array.of(1, 2, 3);

describe("a device of a program's own", () => {
  it('computes what it supports, in class exact too where it says so, and is closed with the sheet', async () => {
    let closed = 0;
    const device = Object.assign(new AddingDevice(), { close: () => void closed++ });
    const sheet = await SymbolicSheet.open({ class: 'exact', devices: ['js', device] });
    expect(sheet.devices()).toContainEqual({ name: 'adder', found: true, detail: 'adds float32 tensors of one shape' });
    const sum = sheet.with({ device: 'adder' }).add(x, x);
    expect(await sum.data()).toEqual(Float32Array.of(2, 4, 6));
    expect([device.runs, sum.explain().ops.at(-1)?.device]).toEqual([1, 'adder']);
    const product = sheet.with({ device: 'adder' }).multiply(x, x);
    expect(await product.data()).toEqual(Float32Array.of(1, 4, 9));
    expect(product.explain().ops.at(-1)?.reason).toContain('not on adder: it adds, and nothing else');
    await sheet.close();
    expect(closed).toBe(1);
  });

  it('is chosen unasked where it is the quickest, and not in class exact where it is not declared exact', async () => {
    const device = Object.assign(new AddingDevice(), { exact: false, estimateNs: () => 1 });
    await using sheet = await SymbolicSheet.open({ devices: [device, 'js'] });
    await sheet.add(x, x).data();
    expect(device.runs).toBe(1);
    await sheet.with({ class: 'exact' }).add(x, x).data();
    expect(device.runs).toBe(1);
    await using alone = await SymbolicSheet.open({ devices: [new AddingDevice()] });
    await expect(alone.multiply(x, x).data()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('adder: it adds, and nothing else'),
    });
  });

  it('is refused where it lacks a member or has a name that is not its own', async () => {
    const refusal = (...devices: (string | Device)[]): Promise<unknown> =>
      SymbolicSheet.open({ devices }).then(
        () => undefined,
        (error: unknown) => error,
      );
    const without = (change: object): Device => Object.assign(new AddingDevice(), change);
    expect(await refusal('js', without({ run: undefined }))).toMatchObject({
      code: 'ATTRIBUTE',
      message: 'open: devices[1] has no run, which is a method; docs/devices.md says what a device of your own has.',
    });
    expect(await refusal(without({ exact: 'yes' }))).toMatchObject({
      message: expect.stringContaining('devices[0] has another exact, which is true or false'),
    });
    expect(await refusal(without({ memory: { take: () => {} } }))).toMatchObject({
      message: expect.stringContaining('its memory has no transferNs()'),
    });
    expect(await refusal(without({ name: 'js' }), 'wasm')).toMatchObject({
      message: expect.stringContaining("named 'js', as the library's own is"),
    });
    expect(await refusal(new AddingDevice(), new AddingDevice())).toMatchObject({
      message: expect.stringContaining("names 'adder' twice"),
    });
    expect(await refusal({} as Device)).toMatchObject({ code: 'ATTRIBUTE' });
  });

  it('that answers later where it said it would not is a typed error', async () => {
    const device = Object.assign(new AddingDevice(), { run: async () => {} });
    await using sheet = await SymbolicSheet.open({ eager: true, devices: [device, 'js'], device: 'adder' });
    expect(() => sheet.add(x, x)).toThrow(
      expect.objectContaining({
        code: 'KERNEL',
        message: expect.stringContaining('adder said that it computes within the call'),
      }),
    );
  });
});
