"""How pages of every service look: the skeleton, the style sheet, figures, and numbers as people read them."""
