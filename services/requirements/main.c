#include "requirements/requirements.h"
#include "service/runtime.h"

int main(int argc, char **argv) { return pp_service_main(&requirements_service, argc, argv); }
