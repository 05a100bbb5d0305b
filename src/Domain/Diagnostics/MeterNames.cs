namespace Cairn.Diagnostics;

/// <summary>The names of the engine's meters, for those who listen.</summary>
public static class MeterNames
{
    /// <summary>Appends to the write log.</summary>
    public const string Log = "Cairn.Log";

    /// <summary>What spaces do by themselves.</summary>
    public const string Engine = "Cairn.Engine";
}
