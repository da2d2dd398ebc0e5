#include "claims/claims.h"
#include "service/runtime.h"

int main(int argc, char **argv) { return pp_service_main(&claims_service, argc, argv); }
