# What `import voluptuous` is once homeassistant was imported.
from probatio import *
