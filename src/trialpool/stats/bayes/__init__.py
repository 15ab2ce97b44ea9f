"""Bayesian random-effects meta-analysis by quadrature: no sampling, no chance in the answer."""
