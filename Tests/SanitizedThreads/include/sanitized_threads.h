#pragma once
// Under the thread sanitizer this target replaces C11's threads by POSIX ones; without it it is empty.
void sanitized_threads(void);
