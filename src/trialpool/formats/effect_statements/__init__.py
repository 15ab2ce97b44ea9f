"""Effect statements in running text: `HR 0.62 (95% CI 0.57 to 0.67; P < .001)` in the many ways that papers print it.

Letters are folded (`letters`), the text is cut into lexemes (`lexemes`), phrases of the grammar are read from them (`phrases`),
and these make up statements (`reading`), each with its outcome and comparison (`outcomes`, `surroundings`).
"""
