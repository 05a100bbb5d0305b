namespace Cairn.Reconciliation;

/// <summary>
/// How large the last two groups were: about as many commits as clients have under way. With half of them waiting it is time for the next append, so that one half is
/// written while the other is answered and sends again; else one client that comes first would be appended alone, and all others together with nobody left to work meanwhile.
/// One thread at a time notes; any thread asks. Lives as a field and is never copied.
/// </summary>
internal struct GroupSizes
{
    private volatile int _last;
    private volatile int _lastButOne;

    /// <summary>A group is appended.</summary>
    public void Note(int writes) => (_lastButOne, _last) = (_last, writes);

    /// <summary>Whether so many are half of the last two groups.</summary>
    public readonly bool IsHalf(int waiting) => waiting * 2 >= _last + _lastButOne;
}
