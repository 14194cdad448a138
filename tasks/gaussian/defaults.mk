# Values of the Makefile's variables for TASK=gaussian: all of the phase, which takes seconds, and no event store.
PSEUDO_EXPERIMENTS ?= 100
STORE :=
