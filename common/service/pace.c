#include "service/pace.h"

double pp_pace_rate(double before, int n, int64_t ms) {
    double now = n * 1000.0 / (double)ms;
    return ms >= PP_PACE_STALE_MS ? now : before * 0.5 + now * 0.5;
}

double pp_pace_stretch(double load) {
    double s = 1 + (load - PP_PACE_LOAD) / PP_PACE_STEP;
    return s < 1 ? 1 : s > PP_PACE_MOST ? PP_PACE_MOST : s;
}
