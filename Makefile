# Every command of the project; docs/contracts.md says what each promises.
PORT ?= 8000
PY   ?= python3
V    := .venv
BIN  := $(V)/bin
export UV_PYTHON_DOWNLOADS := never

.PHONY: run test test-services test-browser check bench ci docs fmt lock clean

run: $(V)/.run
	@PORT=$(PORT) exec $(BIN)/python manage.py run

test: $(V)/.dev
	$(BIN)/python -m pytest -n auto --dist worksteal

test-services: $(V)/.dev
	$(BIN)/python -m pytest -m services tests/services
	$(BIN)/python -m pytest -n auto --dist worksteal --ds=tests.services.settings tests/journeys tests/roles tests/incidents tests/statuspage tests/notifications

test-browser: $(V)/.dev
	$(BIN)/python -m pytest -m browser tests/browser

check: $(V)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/djlint --lint --quiet incidentops roles incidents statuspage notifications
	$(BIN)/python manage.py makemigrations --check --dry-run
	SITE_URL=https://ops.example.org $(BIN)/python manage.py check --deploy --fail-level WARNING

bench: $(V)/.dev
	$(BIN)/python -m bench $(if $(ONLY),$(ONLY))

ci: check test test-services test-browser

docs: $(V)/.dev
	$(BIN)/python manage.py docs

fmt: $(V)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(V)/bin/uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url -c requirements.txt requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf $(V) var

$(V)/bin/uv:
	@$(PY) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; this is %d.%d." % sys.version_info[:2])'
	@test -x $(BIN)/python || $(PY) -m venv $(V) || { rm -rf $(V); echo "Python's venv module is missing: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==0.13.9

# The dev lock holds everything of the other one: installing the smaller after it would take tools away.
$(V)/.run: requirements.txt | $(V)/bin/uv
	@$(BIN)/uv pip sync -q --python $(BIN)/python --require-hashes $(if $(wildcard $(V)/.dev),requirements-dev.txt,requirements.txt)
	@touch $@

$(V)/.dev: requirements.txt requirements-dev.txt | $(V)/bin/uv
	@$(BIN)/uv pip sync -q --python $(BIN)/python --require-hashes requirements-dev.txt
	@touch $@
