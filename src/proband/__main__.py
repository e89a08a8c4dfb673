"""python -m proband."""

from proband.cli import main

if __name__ == "__main__":
    main()
