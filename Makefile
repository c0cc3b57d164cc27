# Footnote. `make` alone says what there is.

PYTHON ?= python3
TO ?= backups
venv := .venv/bin

.PHONY: help run backup restore test check

help: ## Say what `make` can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start Footnote here; PORT=8001 and FOOTNOTE_DATA=/a/folder change where
	@$(PYTHON) kb/local/install.py
	@$(venv)/python -I -S kb/local/guard.py --signal TERM -- $(venv)/python -m kb.local

backup: ## Database and files into one file, also while Footnote runs; TO=/a/folder (else backups/)
	@$(PYTHON) kb/local/install.py
	@mkdir -p "$(TO)"
	@$(venv)/python manage.py backup "$(TO)"

restore: ## FROM=/a/backup.tar into an empty data folder, while Footnote is stopped; then `make run`
	@test -n "$(FROM)" || { echo "Say which backup: make restore FROM=/a/backup.tar"; exit 2; }
	@$(PYTHON) kb/local/install.py
	@$(venv)/python -I -S kb/local/guard.py --signal TERM -- $(venv)/python -m kb.local --restore "$(FROM)"

test: ## Run the tests on all cores; ARGS='-k search' passes arguments to pytest
	@$(PYTHON) kb/local/install.py --dev
	$(venv)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup $(ARGS)

# The checks ask neither server.
check: export DATABASE_URL = sqlite://:memory:
check: export REDIS_URL = redis://127.0.0.1
check: ## Lint, types, the arrows between rooms, migrations and the deployment's settings
	@$(PYTHON) kb/local/install.py --dev
	$(venv)/ruff check
	$(venv)/ruff format --check
	$(venv)/mypy .
	$(venv)/lint-imports --no-logo
	$(venv)/python manage.py makemigrations --check --dry-run
	$(venv)/python manage.py spectacular --validate --fail-on-warn --file /dev/null
	FOOTNOTE_HTTPS=1 FOOTNOTE_SECRET_KEY=$$(head -c 60 /dev/urandom | base64 -w 0) \
		$(venv)/python manage.py check --deploy --fail-level WARNING
