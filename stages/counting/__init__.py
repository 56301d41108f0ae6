"""The nouns that the stages share: parameters, vocabulary, streams, networks."""
