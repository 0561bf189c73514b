// Text that goes to a terminal: what a file or a name holds is shown, and never obeyed.

/** Control characters (C0, DEL, C1), line separators, and marks that turn the direction of writing. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Control characters as `\u001b`; line ends stay. In JSON that is the same text. */
export const printable = (text: string): string => text.replace(CONTROL, escaped);

/** As `printable`, in one line. */
export const oneLine = (text: string): string => printable(text).replaceAll('\n', '\\n');
