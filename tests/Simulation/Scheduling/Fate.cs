namespace Cairn.Simulation.Scheduling;

/// <summary>What becomes of a storage call.</summary>
internal enum Fate
{
    /// <summary>It happens and is answered.</summary>
    Done,

    /// <summary>It happens; its answer comes later.</summary>
    Held,

    /// <summary>It does not happen, and the caller is told so.</summary>
    Refused,

    /// <summary>It happens, and the caller is told that it failed, as far as its port lets that be.</summary>
    AnswerLost,

    /// <summary>An append: it does not happen, and the caller is told that nobody knows.</summary>
    RequestLost,

    /// <summary>An append: it happens twice, since a client library tried again.</summary>
    Twice,
}

/// <summary>What a port says about a call that fails.</summary>
internal enum CallKind
{
    /// <summary>Changes nothing.</summary>
    Read,

    /// <summary>Told that it failed, the caller knows that nothing happened.</summary>
    Sure,

    /// <summary>Told that it failed, the caller must try again: it may have happened.</summary>
    Repeatable,

    /// <summary>An append, which may stay unknown.</summary>
    Append,
}
