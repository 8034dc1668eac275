/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Runs a target without libFuzzer on the named files and prints their number. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX (1 << 20)

int main(int argc, char **argv)
{
    uint8_t *input = malloc(INPUT_MAX);
    int i;

    if (!input || argc < 2 || LLVMFuzzerInitialize(&argc, &argv) != 0) {
        fprintf(stderr, "%s: no input\n", argv[0]);
        return 2;
    }
    for (i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        size_t size = file ? fread(input, 1, INPUT_MAX, file) : INPUT_MAX;

        if (!file || ferror(file) || size == INPUT_MAX) {
            fprintf(stderr, "%s: cannot be read, or too long\n", argv[i]);
            return 2;
        }
        fclose(file);
        /* the last line before a crash names the input */
        printf("%s\n", argv[i]);
        fflush(stdout);
        LLVMFuzzerTestOneInput(input, size);
    }
    free(input);
    return 0;
}
