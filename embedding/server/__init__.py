"""Client of embedding servers that speak OpenAI's /v1/embeddings: vLLM, SGLang, llama.cpp, TEI, Ollama."""
