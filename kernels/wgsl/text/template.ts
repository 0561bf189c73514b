// Shader files with holes: `{{name}}` in shaders/*.wgsl is replaced by text that depends on dtypes, shapes or an op's
// body.

/** Fills every hole of a shader's text. Throws RangeError on a hole without text, which is a mistake in the caller. */
export const fillTemplate = (text: string, holes: Readonly<Record<string, string | number>>): string =>
  text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const filling = holes[name];
    if (filling === undefined) throw new RangeError(`shader template: nothing for {{${name}}}`);
    return String(filling);
  });
