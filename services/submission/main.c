#include "service/runtime.h"
#include "submission/submission.h"

int main(int argc, char **argv) { return pp_service_main(&submission_service, argc, argv); }
