"""The line itself."""
import os
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import jax
jax.config.update("jax_enable_x64", True)
