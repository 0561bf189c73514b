// koffi with some symbols of a library changed or hidden, for tests of what a strange library does.

/** The real koffi with its symbols seen through `change`; a symbol changed to undefined is missing. */
export async function koffiWith(change: (name: string, found: unknown) => unknown) {
  const { default: koffi } = await import('koffi');
  return {
    config: koffi.config,
    load(file: string) {
      const library = koffi.load(file);
      return {
        func(name: string, result: string, parameters: string[]): unknown {
          const changed = change(name, library.func(name, result, parameters));
          if (changed === undefined) throw new TypeError(`Cannot find function '${name}' in shared library`);
          return changed;
        },
      };
    },
  };
}
