"""Who was exposed to which arm, and when; with strata and covariates known before. Refuses outcomes."""
