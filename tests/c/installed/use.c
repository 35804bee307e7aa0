/* What a program of someone else's does with the installed library: two samples of
 * four. */
#include <simdrift/simdrift.h>

#include <stdio.h>

static sdr_code column_of(sdr_column *out, const double *values, sdr_error *error) {
    sdr_view view;
    SDR_TRY(sdr_view_init_strided(&view, SDR_TYPE_FLOAT64, SDR_UNIT_NONE, false, values,
                                  4, sizeof *values, NULL, 0, error));
    return sdr_column_init(out, &view, 1, error);
}

static sdr_code compare(sdr_two_sample *out, sdr_error *error) {
    static const double x[] = {1, 2, 3, 4}, y[] = {3, 4, 5, 6};
    sdr_column reference, current;
    SDR_TRY(column_of(&reference, x, error));
    SDR_TRY(column_of(&current, y, error));
    sdr_code code = sdr_two_sample_columns(
        out, NULL, &reference, &current, SDR_TWO_SAMPLE_KS | SDR_TWO_SAMPLE_WASSERSTEIN,
        NULL, error);
    sdr_column_reset(&reference);
    sdr_column_reset(&current);
    return code;
}

int main(void) {
    sdr_two_sample result;
    sdr_error error;
    if (compare(&result, &error) != SDR_OK) return puts(error.message), 1;
    printf("version %s D %g W1 %g\n", sdr_version(), result.ks, result.wasserstein);
    return 0;
}
