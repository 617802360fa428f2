namespace ZImage.Engine.Models;
public enum ImageMethod { Whole, Strips, Tiles }
public sealed record ImageWay(ImageMethod Method);
