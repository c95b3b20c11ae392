// The tests of the caller.
