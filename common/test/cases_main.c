/* Compiled once for each service: PP_CASES_SERVICE names its struct pp_service. */
#include "test/cases.h"

extern const struct pp_service PP_CASES_SERVICE;

int main(int argc, char **argv) { return pp_cases_main(&PP_CASES_SERVICE, argc, argv); }
