"""Back-tests as people use them: asked for, carried out in the background, kept, compared with what is live."""
