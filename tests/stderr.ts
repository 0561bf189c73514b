// What processes say on stderr.

/** Dawn tells of limits that it lowers for some drivers, where it finds such a driver. */
const OF_LIMITS = /^Warning: max\w+ artificially reduced .*\n/gm;

/** What a process complained of, but for what Dawn says of the machine's GPU driver. */
export const complaintsIn = (stderr: string): string => stderr.replaceAll(OF_LIMITS, '');
