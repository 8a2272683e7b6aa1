# Each target calls one script; what it does is said there.
.PHONY: run test bench soak mutants help
.DEFAULT_GOAL := help

run:
	@scripts/run.sh $(ARGS)
test:
	@scripts/test.sh $(ARGS)
bench:
	@scripts/bench.sh $(ARGS)
soak:
	@scripts/soak.sh $(ARGS)
mutants:
	@scripts/mutants.sh $(ARGS)
help:
	@scripts/help.sh
