"""Photos: received bytes to safe renditions, in processes of their own; where they are kept; drawn ones for demos."""
