#include "service/runtime.h"
#include "status/status.h"

int main(int argc, char **argv) { return pp_service_main(&status_service, argc, argv); }
