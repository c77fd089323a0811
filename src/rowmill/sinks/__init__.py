"""Where rows land: encoders turn frames into files, sinks keep them out of sight until a run is committed."""
