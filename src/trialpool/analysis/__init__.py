"""The plan run over the review: effects chosen, pooled, stratified, varied, and compared with what was published."""
