using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <summary>
/// Commits that must not overtake each other: as soon as one is not kept, or may not be, none that was added after it is appended. For a source that hands out again from
/// the first that failed, and whose place replay takes for how far it came (<see cref="Formats.Origin"/>). Thread-safe; those who add take turns.
/// </summary>
public sealed class WriteChain
{
    private volatile bool _isBroken;

    /// <summary>One has failed; it begins anew with another chain.</summary>
    public bool IsBroken => _isBroken;

    /// <summary>One is not added at all, and those behind it are to wait for it.</summary>
    public void Break() => _isBroken = true;

    /// <summary>One failed: what nobody could ever keep (Invalid) is out of the others' way.</summary>
    internal void Note(Exception failure)
    {
        if (failure is not CairnException { Kind: ErrorKind.Invalid })
        {
            Break();
        }
    }

    internal static CairnException Refusal() => new(ErrorKind.Unavailable, "a commit before it was not kept, or may not be");
}
