#include "documents/documents.h"
#include "service/runtime.h"

int main(int argc, char **argv) { return pp_service_main(&documents_service, argc, argv); }
