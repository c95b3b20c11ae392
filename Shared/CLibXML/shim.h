#pragma once
#include <libxml/HTMLparser.h>
#include <libxml/tree.h>

// a variable of the library that holds a function
static inline void conclave_xml_free(void *memory) { xmlFree(memory); }
