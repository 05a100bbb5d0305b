using System.Runtime.CompilerServices;
using Cairn.Primitives;

namespace Cairn.Query;

/// <summary>
/// Counts what a scan does beside visiting rows, in units of about 50 ns: a condition may have thousands of terms, and a text a million bytes. It ends slices
/// early, and ends the scan where a deadline passes inside of one. One thread.
/// </summary>
internal sealed class WorkMeter
{
    private const long UnitsPerSlice = 16 * 1024, UnitsPerLook = 64 * 1024;
    private const int BytesPerUnit = 64;
    private long _inSlice;
    private long _sinceLook;

    /// <summary>When the scan has to end; default never.</summary>
    public Deadline Deadline { get; set; }

    /// <summary>The slice has done enough.</summary>
    public bool IsSliceSpent => _inSlice >= UnitsPerSlice;

    /// <summary>From here on the next slice.</summary>
    public void BeginSlice() => _inSlice = 0;

    /// <summary>Adds a value that was looked at.</summary>
    /// <exception cref="CairnException">Unavailable, <c>timeout</c>: the deadline has passed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddValue(int lengthBytes) => Add(1 + (lengthBytes / BytesPerUnit));

    /// <summary>Adds units.</summary>
    /// <exception cref="CairnException">Unavailable, <c>timeout</c>: the deadline has passed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int units)
    {
        _inSlice += units;
        _sinceLook += units;
        if (_sinceLook >= UnitsPerLook)
        {
            Look();
        }
    }

    private void Look()
    {
        _sinceLook = 0;
        if (Deadline.HasPassed)
        {
            throw new CairnException(ErrorKind.Unavailable, "the time for the query is over") { Problem = "timeout" };
        }
    }
}
