using Cairn.Embeddings;
using Cairn.Formats;
using Cairn.Snapshots;

namespace Cairn.Reconciliation;

/// <summary>
/// The vectors that the service computed, as replay keeps them. One thread; a pure function of the frames.
/// Invariants: a row has one only while its text is the one that it was computed of and the caller gave no vector; at most one of the serving and one of the next model.
/// They change neither version nor times.
/// </summary>
internal sealed class ConceptEmbeddings(SpaceState state)
{
    private readonly byte[] _text = new byte[EmbeddedText.MaxBytes];
    private byte[] _entries = [];
    private byte[]? _scratch;
    private byte[]? _valueScratch;

    private RowStore Rows => state.Concepts;

    private ulong ServingModel => EmbeddingsBody.KeyOf(state.Settings.EmbeddingModel);

    private ulong NextModel => EmbeddingsBody.KeyOf(state.Settings.NextEmbeddingModel);

    /// <summary>Applies a frame of embeddings.</summary>
    /// <returns>How many were kept: the others are of concepts that are not there, have another text by now or a vector of the caller's, or of a model that the space does not have.</returns>
    public int Apply(ReadOnlySpan<byte> body)
    {
        var reader = new EmbeddingsReader(body);
        var (model, kept) = (EmbeddingsBody.KeyOf(reader.Model), 0);
        var isWanted = model == ServingModel || model == NextModel;
        while (reader.TryRead(out var embedding))
        {
            var row = state.FindConcept(embedding.Id);
            if (isWanted && row >= 0 && !Rows.Table.TryGet(row, ConceptColumn.Vector, out _) && HashOf(row) == embedding.TextHash)
            {
                Set(row, model, embedding);
                kept++;
            }
        }

        return kept;
    }

    /// <summary>What a row has, before it is written anew; empty: nothing.</summary>
    public byte[] Take(int row) => Stored(row).ToArray();

    /// <summary>Gives a row that was written anew what it had, as far as it still holds.</summary>
    public void Restore(int row, byte[] entries)
    {
        if (entries.Length > 0)
        {
            Rows.SetBytes(row, ConceptColumn.Embeddings, entries);
            Settle(row);
        }
    }

    /// <summary>Behind a change of a row: drops what holds no more.</summary>
    public void Settle(int row)
    {
        if (!Rows.Table.TryGet(row, ConceptColumn.Embeddings, out _))
        {
            return;
        }

        var length = Rows.Table.TryGet(row, ConceptColumn.Vector, out _) ? 0 : Keep(row, HashOf(row));
        Store(row, length);
    }

    /// <summary>Behind a change of which attributes are read: drops of all rows what holds no more.</summary>
    /// <remarks>O(rows), and the texts of those that have a vector are read; nothing where no row has one.</remarks>
    public void SettleAll()
    {
        if (Rows.Table.ArenaOf(ConceptColumn.Embeddings)!.LiveBytes == 0)
        {
            return;
        }

        for (var row = 0; row < Rows.Table.RowCount; row++)
        {
            Settle(row);
        }
    }

    private void Set(int row, ulong model, in EmbeddingView embedding)
    {
        var length = Keep(row, embedding.TextHash, but: model);
        Grow(length + StoredEmbeddings.HeaderBytes + embedding.Vector.Length);
        length += StoredEmbeddings.Write(_entries.AsSpan(length), model, embedding.TextHash, embedding.Vector);
        Store(row, length);
    }

    // Copies what still holds of a row; answers its bytes.
    private int Keep(int row, ulong textHash, ulong but = 0)
    {
        var entries = Stored(row);
        var length = 0;
        Grow(entries.Length);
        while (StoredEmbeddings.TryTake(ref entries, out var entry))
        {
            if (entry.TextHash == textHash && entry.Model != but && (entry.Model == ServingModel || entry.Model == NextModel))
            {
                entry.Bytes.CopyTo(_entries.AsSpan(length));
                length += entry.Bytes.Length;
            }
        }

        return length;
    }

    private void Store(int row, int length)
    {
        if (length == 0)
        {
            Rows.Unset(row, ConceptColumn.Embeddings);
        }
        else
        {
            Rows.SetBytes(row, ConceptColumn.Embeddings, _entries.AsSpan(0, length));
        }
    }

    private void Grow(int bytes)
    {
        if (bytes > _entries.Length)
        {
            Array.Resize(ref _entries, Math.Max(bytes, _entries.Length * 2));
        }
    }

    private ReadOnlySpan<byte> Stored(int row) =>
        Rows.Table.TryGet(row, ConceptColumn.Embeddings, out var cell) ? Rows.Table.ArenaOf(ConceptColumn.Embeddings)!.Read(cell >> 1, ref _scratch) : default;

    private ulong HashOf(int row) => EmbeddedText.HashOf(ConceptText.Write(new Cells(this, row), state.Shared.Ids[row], state.Shared, state.Settings.TextAttributes, _text));

    // A bag is read through, piece by piece, while values are: each has its own place for what does not lie in one piece.
    private readonly struct Cells(ConceptEmbeddings owner, int row) : IConceptCells
    {
        public AttributeLayout Layout => owner.Rows.Attributes.Layout;

        public bool TryGet(int column, out long cell) => owner.Rows.Table.TryGet(row, column, out cell);

        public ReadOnlySpan<byte> Bytes(int column, long cell) => column == HeaderColumn.Bag
            ? owner.Rows.Table.ArenaOf(column)!.Read(cell >> 1, ref owner._scratch)
            : owner.Rows.Table.ArenaOf(column)!.Read(cell >> 1, ref owner._valueScratch);
    }
}
