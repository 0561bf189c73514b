// Replay and diff
//
// Everything a sheet was asked is on its trace, with how it was answered. A saved trace runs again elsewhere and is compared digest
// by digest; two traces are compared event by event.
