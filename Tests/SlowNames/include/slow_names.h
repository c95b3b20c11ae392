#pragma once
// How often `slow.test` has been looked up in this program; each takes five seconds.
int slow_names_asked(void);
