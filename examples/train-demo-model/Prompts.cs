namespace ZImage.TrainDemoModel;

/// <summary>What a picture shows. A null colour or background is one that the prompt leaves open.</summary>
public sealed record Scene(string Subject, string? Colour, string? Background);

/// <summary>The combinations that exist, the ones held out from training, and the ways to ask for them.</summary>
public static class Prompts
{
    // Per cent of the training prompts in each form.
    private static readonly int[] _shares = [45, 4, 4, 3, 6, 20, 5, 4, 6, 3];

    // What a subject looks like where the prompt leaves it open: a colour of these two, on one of the two backgrounds.
    private static readonly Dictionary<string, string[]> _usualColours = new()
    {
        ["cat"] = ["orange", "black"],
        ["fish"] = ["orange", "red"],
        ["house"] = ["red", "brown"],
        ["tree"] = ["green", "orange"],
        ["car"] = ["red", "blue"],
        ["boat"] = ["brown", "red"],
        ["flower"] = ["pink", "purple"],
        ["star"] = ["yellow", "orange"],
        ["bird"] = ["yellow", "brown"],
        ["heart"] = ["red", "pink"],
        ["moon"] = ["yellow", "white"],
        ["mushroom"] = ["red", "brown"],
    };

    private static readonly string[] _usualBackgrounds = ["white", "blue"];

    /// <summary>Whether a scene may stand for a prompt that leaves its colour open, its background open, or both.</summary>
    public static bool IsUsual(Scene scene, int variant) => variant switch
    {
        5 or 8 => _usualColours[scene.Subject].Contains(scene.Colour) && _usualBackgrounds.Contains(scene.Background),
        6 => _usualColours[scene.Subject].Contains(scene.Colour),
        _ => true,
    };

    /// <summary>Whether a combination is kept out of training: one in ten, spread over all subjects, colours and backgrounds.</summary>
    public static bool IsHeldOut(int subject, int colour, int background) => (3 * colour + 7 * subject + background) % 10 == 4;

    /// <summary>Every combination with a colour that differs from its background.</summary>
    public static IEnumerable<(Scene Scene, bool HeldOut)> Combinations()
    {
        for (var s = 0; s < Drawings.Subjects.Length; s++)
        {
            for (var c = 0; c < Drawings.Colours.Length; c++)
            {
                for (var b = 0; b < Drawings.Backgrounds.Length; b++)
                {
                    if (Drawings.Colours[c].Name != Drawings.Backgrounds[b])
                    {
                        var scene = new Scene(Drawings.Subjects[s], Drawings.Colours[c].Name, Drawings.Backgrounds[b]);
                        yield return (scene, IsHeldOut(s, c, b));
                    }
                }
            }
        }
    }

    /// <summary>The plain prompt for a scene: "a red cat on a blue background", "a cat".</summary>
    public static string Plain(Scene scene)
    {
        var subject = scene.Colour is null ? scene.Subject : $"{scene.Colour} {scene.Subject}";
        var prompt = $"{Article(subject)} {subject}";
        return scene.Background is null ? prompt : $"{prompt} on {Article(scene.Background)} {scene.Background} background";
    }

    /// <summary>How many forms <see cref="Variant"/> knows.</summary>
    public const int VariantCount = 10;

    /// <summary>One of the ways to ask for a scene; from 4 on they leave the colour or the background open.</summary>
    public static string Variant(Scene scene, int variant) => variant switch
    {
        0 => Plain(scene),
        1 => $"{scene.Colour} {scene.Subject}, {scene.Background} background",
        2 => $"a picture of {Plain(scene)}",
        3 => $"{scene.Colour} {scene.Subject} on {scene.Background}",
        4 => Plain(scene with { Background = null }),
        5 => Plain(scene with { Colour = null, Background = null }),
        6 => Plain(scene with { Colour = null }),
        7 => $"{scene.Colour} {scene.Subject}",
        8 => scene.Subject,
        9 => char.ToUpperInvariant(Plain(scene)[0]) + Plain(scene)[1..],
        _ => throw new ArgumentOutOfRangeException(nameof(variant)),
    };

    /// <summary>Draws the number of a variant: the plain prompt most often, then the subject alone.</summary>
    public static int RandomVariant(Random random)
    {
        var draw = random.Next(100);
        var variant = 0;
        while (draw >= _shares[variant])
        {
            draw -= _shares[variant++];
        }

        return variant;
    }

    private static string Article(string word) => "aeiou".Contains(word[0]) ? "an" : "a";
}
