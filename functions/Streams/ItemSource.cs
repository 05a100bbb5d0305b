using Cairn.Functions.Problems;
using Cairn.Functions.Requests;

namespace Cairn.Functions.Streams;

/// <summary>Texts that come one after another in a body without end: lines, or the items of an array. One thread.</summary>
internal abstract class ItemSource(Stream stream, CancellationToken cancellationToken) : IDisposable
{
    /// <summary>The longest item, in bytes: as a whole body elsewhere. A longer one is passed over.</summary>
    protected const int LimitBytes = RequestBody.LimitBytes;

    protected StreamWindow Window { get; } = new(stream, cancellationToken);

    /// <summary>The number of the current item, from 1; blank lines count, items of an array too.</summary>
    public long Number { get; protected set; }

    /// <summary>The current item, until the next one is asked for.</summary>
    public ReadOnlyMemory<byte> Text { get; protected set; }

    /// <summary>Set instead of the text if the item could not be read.</summary>
    public Problem? Fault { get; protected set; }

    /// <summary>Goes to the next item; false behind the last.</summary>
    public abstract ValueTask<bool> MoveNextAsync();

    /// <summary>Hands out the current item, if there is one, and all behind it.</summary>
    /// <param name="any">There is a current item.</param>
    /// <param name="take">Takes each.</param>
    /// <param name="rejected">Hears of the place from which on the body cannot be read; what came before stands.</param>
    public async Task ForEachAsync(bool any, Func<ItemSource, ValueTask> take, RejectedItems rejected)
    {
        try
        {
            for (; any; any = await MoveNextAsync())
            {
                await take(this);
            }
        }
        catch (ProblemException e)
        {
            rejected.Add(Number + 1, e.Problem);
        }
    }

    protected static Problem TooLong(long actual) =>
        new(ProblemKinds.TooLarge, $"an item has at most {LimitBytes} bytes") { Limit = LimitBytes, Actual = actual };

    public void Dispose() => Window.Dispose();
}
