"""Commands around the pipeline that are not stages: checks, benchmarks, studies."""
