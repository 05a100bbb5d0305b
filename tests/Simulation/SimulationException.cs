namespace Cairn.Simulation;

/// <summary>A promise is broken.</summary>
public sealed class SimulationException(string message, Exception? inner = null) : Exception(message, inner);
