using System.Globalization;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Storage;

/// <summary>A queue in memory, by a clock that tests may move. Thread-safe.</summary>
internal sealed class MemoryMessageQueue(TimeProvider time) : IMessageQueue
{
    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];
    private long _receipts;

    /// <summary>How often it was asked for messages.</summary>
    public int Receives { get; private set; }

    /// <summary>What it throws instead of answering; null: it answers.</summary>
    public Exception? Failure { get; set; }

    /// <summary>What is in it, held or not.</summary>
    public IReadOnlyList<string> Texts
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries.Select(each => each.Text)];
            }
        }
    }

    public ValueTask SendAsync(string text, TimeSpan delay, CancellationToken cancellationToken) => Run(() =>
    {
        _entries.Add(new(Guid.NewGuid().ToString(), text, time.GetUtcNow()) { VisibleAt = time.GetUtcNow() + delay });
        return true;
    }) ? default : default;

    public ValueTask<IReadOnlyList<HeldMessage>> ReceiveAsync(int max, TimeSpan visibility, CancellationToken cancellationToken) => new(Run<IReadOnlyList<HeldMessage>>(() =>
    {
        Receives++;
        var visible = _entries.Where(each => each.VisibleAt <= time.GetUtcNow()).Take(max).ToList();
        visible.ForEach(each => Hold(each, visibility, isDelivery: true));
        return [.. visible.Select(Held)];
    }));

    public ValueTask<HeldMessage?> RenewAsync(HeldMessage message, TimeSpan visibility, CancellationToken cancellationToken) => new(Run(() =>
    {
        if (Find(message) is not { } entry)
        {
            return null;
        }

        Hold(entry, visibility, isDelivery: false);
        return Held(entry);
    }));

    public ValueTask<bool> DeleteAsync(HeldMessage message, CancellationToken cancellationToken) => new(Run(() => Find(message) is { } entry && _entries.Remove(entry)));

    private T Run<T>(Func<T> call)
    {
        lock (_gate)
        {
            return Failure is { } failure ? throw failure : call();
        }
    }

    private Entry? Find(HeldMessage message) => _entries.Find(each => each.Id == message.Id && each.Receipt == message.Receipt);

    private void Hold(Entry entry, TimeSpan visibility, bool isDelivery)
    {
        entry.VisibleAt = time.GetUtcNow() + visibility;
        entry.Count += isDelivery ? 1 : 0;
        entry.Receipt = (++_receipts).ToString(CultureInfo.InvariantCulture);
    }

    private static HeldMessage Held(Entry entry) => new(entry.Id, entry.Text, entry.InsertedAt, entry.Count, entry.Receipt);

    private sealed class Entry(string id, string text, DateTimeOffset insertedAt)
    {
        public string Id { get; } = id;

        public string Text { get; } = text;

        public DateTimeOffset InsertedAt { get; } = insertedAt;

        public DateTimeOffset VisibleAt { get; set; }

        public long Count { get; set; }

        public string Receipt { get; set; } = "";
    }
}
