// The side panel's forms beyond what HTML does by itself. Every form works without it.
