# The parts of scripts/make-numpy-answers.py.
