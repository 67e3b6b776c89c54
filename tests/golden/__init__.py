"""What both worked studies print, frozen: a change of these files is reviewed as a change of the product."""
