# 一窗 OneWindow. `make help` shows everything; `make demo` and `make test` suffice on a fresh machine.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ONEWINDOW := $(BIN)/onewindow
export PORT ?= 8000
.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test check serve bench e2e setup format lock

help:  ## 显示这些命令
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/.installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更新：PYTHON=python3.12 make demo"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "正在安装 Python 依赖（首次约一分钟）……"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.installed
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@

node_modules/.installed: package.json package-lock.json | $(VENV)/.installed
	@echo "正在安装前端资源……"
	@if command -v npm >/dev/null; then npm ci --no-audit --no-fund --silent; else PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm ci --no-audit --no-fund --silent; fi
	@touch $@

setup: $(VENV)/.installed node_modules/.installed  ## 安装运行所需的一切

demo: setup  ## 起演示：数据库、参照区数据、演示账号、网站、后台
	@$(ONEWINDOW) demo

demo-reset: setup  ## 清空演示数据重新开始
	@$(ONEWINDOW) demo_reset

serve: setup  ## 只起网站（另开终端运行 onewindow worker）
	@$(ONEWINDOW) migrate --verbosity 0 && $(ONEWINDOW) serve

test: setup $(VENV)/.dev  ## 全部测试（自带数据库；浏览器测试需要 Chromium）
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: setup $(VENV)/.dev  ## 规范、类型、分层、模板
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@$(BIN)/djlint onewindow/web/templates --lint --quiet
	@$(ONEWINDOW) makemigrations --check --dry-run
	@$(ONEWINDOW) check --fail-level WARNING

format: $(VENV)/.dev  ## 按规范排版
	@$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format -q .

bench: setup $(VENV)/.dev  ## 基准：迁移、页面、检索
	@$(BIN)/python -m benchmarks.run

lock: $(VENV)/.dev  ## 重新固定依赖版本
	@$(BIN)/uv pip compile -q --no-emit-index-url --no-header requirements.in -o requirements.txt
	@$(BIN)/uv pip compile -q --no-emit-index-url --no-header requirements-dev.in -c requirements.txt -o requirements-dev.txt
